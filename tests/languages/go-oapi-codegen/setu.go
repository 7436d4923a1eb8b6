// Needs ./setu, made by: go tool oapi-codegen -generate types,client -package setu -o setu/client.go setu.yaml
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"

	"example/setu"
)

func main() {
	baseURL := os.Getenv("SETU_SANDBOX_BASE_URL")
	client, err := setu.NewClientWithResponses(baseURL)
	if err != nil {
		log.Fatal("setu: ", err)
	}

	response, err := client.GenerateTokenWithResponse(context.Background(), setu.TokenRequest{
		ClientID: os.Getenv("SETU_SANDBOX_CLIENT_ID"),
		Secret:   os.Getenv("SETU_SANDBOX_SECRET"),
	})
	if err != nil {
		log.Fatal("setu: ", err)
	}
	if response.JSON200 == nil { // each documented status has a field of its own, so read the body
		var rejection setu.ErrorResponse
		if json.Unmarshal(response.Body, &rejection) != nil || rejection.Error.Code == nil {
			log.Fatal("setu: no token, status ", response.StatusCode())
		}
		log.Fatal("setu: no token, code ", *rejection.Error.Code)
	}
	data := response.JSON200.Data
	lifetime := 1800
	if data.ExpiresIn != nil && *data.ExpiresIn > 0 {
		lifetime = *data.ExpiresIn
	}

	// The emulator's echo API stands for the API that you want to use.
	request, _ := http.NewRequest("GET", baseURL+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+data.Token)
	apiResponse, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("setu: ", err)
	}
	fmt.Printf("setu: a token for %d s, the API responded with %d\n", lifetime, apiResponse.StatusCode)
}
