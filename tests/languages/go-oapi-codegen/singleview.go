// Needs ./singleview, made by: go tool oapi-codegen -generate types,client -package singleview -o singleview/client.go singleview.yaml
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"

	"example/singleview"
)

func main() {
	baseURL := os.Getenv("SINGLEVIEW_SANDBOX_BASE_URL")
	client, err := singleview.NewClientWithResponses(baseURL)
	if err != nil {
		log.Fatal("singleview: ", err)
	}

	response, err := client.GenerateTokenWithResponse(context.Background(), singleview.TokenRequest{
		ClientId:   os.Getenv("SINGLEVIEW_SANDBOX_CLIENT_ID"),
		ClientCode: os.Getenv("SINGLEVIEW_SANDBOX_CLIENT_CODE"),
		MerchantId: os.Getenv("SINGLEVIEW_SANDBOX_MERCHANT_ID"),
		GrantType:  "client_credentials",
	})
	if err != nil {
		log.Fatal("singleview: ", err)
	}
	var result singleview.TokenResponse // a rejection may be a 200, and has the same fields with another status
	if json.Unmarshal(response.Body, &result) != nil || result.Success == nil || !*result.Success || result.Payload == nil {
		code := result.ErrorCode
		if code == nil {
			log.Fatal("singleview: no token, status ", response.StatusCode())
		}
		log.Fatal("singleview: no token, code ", *code)
	}
	lifetime := 3600.0
	if seconds := result.Payload.ExpiresIn; seconds != nil && *seconds > 0 {
		lifetime = *seconds
	}

	// The emulator's echo API stands for the API that you want to use.
	request, _ := http.NewRequest("GET", baseURL+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+result.Payload.AccessToken)
	apiResponse, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("singleview: ", err)
	}
	fmt.Printf("singleview: a token for %.0f s, the API responded with %d\n", lifetime, apiResponse.StatusCode)
}
