// Needs ./decentro, made by: go tool oapi-codegen -generate types,client -package decentro -o decentro/client.go decentro.yaml
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"

	"example/decentro"
)

func main() {
	baseURL := os.Getenv("DECENTRO_SANDBOX_BASE_URL")
	client, err := decentro.NewClientWithResponses(baseURL)
	if err != nil {
		log.Fatal("decentro: ", err)
	}

	id, secret := os.Getenv("DECENTRO_SANDBOX_CLIENT_ID"), os.Getenv("DECENTRO_SANDBOX_CLIENT_SECRET")
	response, err := client.GenerateTokenWithResponse(context.Background(), decentro.TokenRequest{
		GrantType: decentro.ClientCredentials, ClientId: &id, ClientSecret: &secret,
	})
	if err != nil {
		log.Fatal("decentro: ", err)
	}
	if response.JSON200 == nil { // each documented status has a field of its own, so read the body
		var rejection decentro.ErrorResponse
		if json.Unmarshal(response.Body, &rejection) != nil || rejection.ResponseKey == nil {
			log.Fatal("decentro: no token, status ", response.StatusCode())
		}
		log.Fatal("decentro: no token, code ", *rejection.ResponseKey)
	}
	lifetime := 900
	if seconds := response.JSON200.ExpiresIn; seconds != nil && *seconds > 0 {
		lifetime = *seconds
	}

	// The emulator's echo API stands for the API that you want to use.
	request, _ := http.NewRequest("GET", baseURL+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+response.JSON200.AccessToken)
	apiResponse, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("decentro: ", err)
	}
	fmt.Printf("decentro: a token for %d s, the API responded with %d\n", lifetime, apiResponse.StatusCode)
}
