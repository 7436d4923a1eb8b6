// Needs ./sahamati, made by: go tool oapi-codegen -generate types,client -package sahamati -o sahamati/client.go sahamati.yaml
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"

	"example/sahamati"
)

func main() {
	baseURL := os.Getenv("SAHAMATI_SANDBOX_BASE_URL")
	client, err := sahamati.NewClientWithResponses(baseURL)
	if err != nil {
		log.Fatal("sahamati: ", err)
	}

	response, err := client.GenerateEntityTokenWithFormdataBodyWithResponse(context.Background(), sahamati.EntityTokenRequest{
		Id:     os.Getenv("SAHAMATI_SANDBOX_ENTITY_ID"),
		Secret: os.Getenv("SAHAMATI_SANDBOX_SECRET"),
	})
	if err != nil {
		log.Fatal("sahamati: ", err)
	}
	if response.JSON200 == nil { // each documented status has a field of its own, so read the body
		var rejection sahamati.ErrorResponse
		if json.Unmarshal(response.Body, &rejection) != nil || rejection.ErrorCode == nil {
			log.Fatal("sahamati: no token, status ", response.StatusCode())
		}
		log.Fatal("sahamati: no token, code ", *rejection.ErrorCode)
	}
	lifetime := 86400
	if seconds := response.JSON200.ExpiresIn; seconds != nil && *seconds > 0 {
		lifetime = *seconds
	}

	// The emulator's echo API stands for the API that you want to use.
	request, _ := http.NewRequest("GET", baseURL+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+response.JSON200.AccessToken)
	apiResponse, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("sahamati: ", err)
	}
	fmt.Printf("sahamati: a token for %d s, the API responded with %d\n", lifetime, apiResponse.StatusCode)
}
